import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

/** Files of a Go module by their path in it. */
export type GoModule = Readonly<Record<string, string>>

/** Lays out one version of a Go module as a module proxy of files, and gives the GOPROXY that leads to it. */
export function makeGoProxy(folder: string, module: string, version: string, files: GoModule): string {
  const place = join(folder, module, '@v')
  mkdirSync(place, { recursive: true })
  writeFileSync(join(place, 'list'), `${version}\n`)
  writeFileSync(
    join(place, `${version}.info`),
    JSON.stringify({ Version: version, Time: '2025-11-03T00:00:00Z' }),
  )
  writeFileSync(join(place, `${version}.mod`), files['go.mod'] ?? '')
  const entries = Object.entries(files).map(([name, text]) => [`${module}@${version}/${name}`, text] as const)
  writeFileSync(join(place, `${version}.zip`), zip(entries))
  return `file://${folder}`
}

/** A ZIP archive without compression (APPNOTE 4.3): local headers with data, the directory, its end. */
function zip(entries: readonly (readonly [name: string, text: string])[]): Buffer {
  const locals: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [name, text] of entries) {
    const common = describeEntry(name, text)
    const local = Buffer.concat([
      Buffer.from('504b0304', 'hex'),
      common,
      Buffer.from(name),
      Buffer.from(text),
    ])
    const where = Buffer.alloc(14)
    where.writeUInt32LE(offset, 10)
    directory.push(Buffer.concat([Buffer.from('504b01021400', 'hex'), common, where, Buffer.from(name)]))
    locals.push(local)
    offset += local.length
  }
  const listing = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(listing.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, listing, end])
}

/** The 26 bytes that a local header and a directory entry share. */
function describeEntry(name: string, text: string): Buffer {
  const header = Buffer.alloc(26)
  header.writeUInt16LE(20, 0)
  header.writeUInt32LE(crc32(text), 10)
  header.writeUInt32LE(Buffer.byteLength(text), 14)
  header.writeUInt32LE(Buffer.byteLength(text), 18)
  header.writeUInt16LE(Buffer.byteLength(name), 22)
  return header
}
