/** Who works there, day by day, and what the policies give; all that the oracle knows of `hr`. */

/** One person of `hr` on one day. */
export interface HrPerson {
  readonly n: number
  readonly mail: string
  readonly mobile: string
  readonly department: 'Field' | 'Office'
  readonly isActive: boolean
}

export const days = 3
const [people, joinersADay] = [1980, 10]
const within = (n: number, from: number, to: number) => n >= from && n < to

/** Nothing ever changes for these in `hr`: whom portals sign in and readers look at. */
export const stablePeople = { from: 500, to: people }
/** People of `hr` whom the agency pushes too. */
export const sharedPeople = { from: 100, to: 500 }

/** Everybody in `hr` on a day, 0 to 2. */
export function listHr(day: number): readonly HrPerson[] {
  return Array.from({ length: people + day * joinersADay }, (_, n) => describePerson(n, day))
}

function describePerson(n: number, day: number): HrPerson {
  const mailChangedOn = within(n, 40, 60) ? 1 : within(n, 60, 80) ? 2 : days
  const hasMoved = within(n, 0, 16) && day >= 1
  const hasLeft = within(n, 16, 24) && (day === 1 || (day === 2 && n >= 20))
  return {
    n,
    mail: day >= mailChangedOn ? `new${n}@example.org` : mailOf(n),
    mobile: `+4915123${100_000 + n}`,
    department: (n % 2 === 0) === hasMoved ? 'Office' : 'Field',
    isActive: !hasLeft,
  }
}

/** The mailbox that everybody starts with. */
export const mailOf = (n: number): string => `person${n}@example.org`

/** The file of a day. */
export function describeHr(day: number): string {
  const rows = listHr(day).map(({ n, mail, mobile, department, isActive }) =>
    [n, `person${n}`, `number-${n}`, mail, mobile, department, isActive ? 'here' : 'left'].join(','),
  )
  return `id,login,number,mail,mobile,department,status\n${rows.join('\n')}\n`
}

/** The agency's group that a policy names. */
export const groupName = 'mobile-workers'

const provide = (factor: string, from: string) => ({
  type: 'provision',
  params: { rights: [factor], enroll: [{ factor, from, take: 'first' }] },
})

export const policies = [
  {
    id: 'mail',
    target: 'active eq true',
    conditions: { all: [{ fact: 'emails', operator: 'present', value: true }] },
    event: provide('otp-email', 'emails'),
  },
  {
    id: 'mobile',
    target: 'active eq true',
    conditions: {
      any: [
        { fact: 'department', operator: 'equal', value: 'Field' },
        { fact: 'groups', operator: 'contains', value: groupName },
      ],
    },
    event: provide('otp-sms', 'phoneNumbers'),
  },
] as const
