import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const pages = [ROOT, join(ROOT, 'docs'), join(ROOT, 'docs/decisions')].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
)
const folders = readdirSync(ROOT, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && /^[a-z]+$/.test(entry.name))
  .map(({ name }) => name)

describe.each(pages.map((page) => relative(ROOT, page)))('%s', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8')

  test('links only to what is there', () => {
    const broken = findLinks(text).filter((target) => {
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? join(ROOT, page) : join(ROOT, dirname(page), path)
      if (!existsSync(file)) return true
      return anchor !== undefined && !readAnchors(readFileSync(file, 'utf8')).has(anchor)
    })
    expect(broken).toEqual([])
  })

  test('names only files and folders of the project that are there', () => {
    const missing = findPaths(text).filter((path) => !existsSync(join(ROOT, path)))
    expect(missing).toEqual([])
  })
})

/** Where Markdown links and pictures lead, except to other sites. */
function findLinks(text: string): readonly string[] {
  return [...withoutBlocks(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
}

/** Paths in backticks that begin with a folder of the project; capitals stand for a name of the reader's. */
function findPaths(text: string): readonly string[] {
  return [...withoutBlocks(text).matchAll(/`([a-z]+)\/([\w./-]*)`/g)]
    .filter(([, folder = '', rest = '']) => folders.includes(folder) && !/[A-Z]{2}/.test(rest))
    .map(([, folder, rest]) => `${folder}/${rest}`)
}

function withoutBlocks(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, '')
}

/** The anchors that GitHub gives to headings. */
function readAnchors(text: string): ReadonlySet<string> {
  const headings = [...withoutBlocks(text).matchAll(/^#+ (.+)$/gm)]
  return new Set(
    headings.map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}
