/** What recurs in row after row of a population is of few kinds. */
const most = 16

/** Texts of objects that come again and again, made once each. The newest few are known, and no others are held. */
export class RecentTexts<Subject extends object> {
  readonly #subjects: Subject[] = []
  readonly #texts: string[] = []
  readonly #write: (subject: Subject) => string
  #next = 0

  constructor(write: (subject: Subject) => string) {
    this.#write = write
  }

  of(subject: Subject): string {
    const at = this.#subjects.indexOf(subject)
    const known = this.#texts[at]
    if (known !== undefined) return known
    const text = this.#write(subject)
    this.#subjects[this.#next] = subject
    this.#texts[this.#next] = text
    this.#next = (this.#next + 1) % most
    return text
  }
}
