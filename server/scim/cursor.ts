import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import type { KeyRing } from '../../application/key-ring.ts'
import type { Clock } from '../../domain/clock.ts'
import { ScimFault } from '../../scim/scim-fault.ts'

/** What a cursor counts for: another connection, token, resource type or query cannot use it. */
export interface CursorScope {
  readonly source: string
  readonly tokenId: string
  readonly resource: 'User' | 'Group'
  /** The query as it was asked: filter and order. */
  readonly query: string
  /** Resources a page. It may not change from page to page (RFC 9865 section 2.1). */
  readonly count: number
}

/** Minutes that a cursor counts, as ServiceProviderConfig says it in seconds. */
export const cursorTimeoutSeconds = 600

/**
 * Cursors of RFC 9865: where a page ended, encrypted and authenticated (AES-256-GCM) under a key of its own from the
 * key ring, so that any server process reads what another wrote, and nobody else reads or makes one. A position may
 * hold a person's name, hence the encryption. Written in URL-unreserved characters alone.
 */
export class CursorBox {
  readonly #keys: KeyRing
  readonly #clock: Clock
  readonly #derived = new Map<string, Buffer>()

  constructor(keys: KeyRing, clock: Clock) {
    this.#keys = keys
    this.#clock = clock
  }

  /** The cursor of a position, which must be JSON. */
  seal(position: unknown, scope: CursorScope): string {
    const key = this.#derive(this.#keys.active)
    if (key === null) throw new Error('The key ring lacks its active key.')
    const iv = randomBytes(ivBytes)
    const cipher = createCipheriv(algorithm, key, iv).setAAD(bind(scope))
    const content = JSON.stringify({ at: this.#clock().getTime(), count: scope.count, position })
    const sealed = Buffer.concat([iv, cipher.update(content, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return `${Buffer.from(this.#keys.active).toString('base64url')}.${sealed.toString('base64url')}`
  }

  /**
   * The position that a cursor holds. Throws `invalidCursor` for one that is not ours or of another query,
   * `expiredCursor` after ten minutes, `invalidCount` where the size of pages changed (RFC 9865 section 2.1).
   */
  open(cursor: string, scope: CursorScope): unknown {
    const content = this.#decrypt(cursor, scope)
    if (content === null)
      throw new ScimFault(400, 'invalidCursor', 'The cursor is not of this query: start over without one.')
    if (content.at + cursorTimeoutSeconds * 1000 < this.#clock().getTime())
      throw new ScimFault(400, 'expiredCursor', 'The cursor is older than ten minutes: start over.')
    if (content.count !== scope.count)
      throw new ScimFault(400, 'invalidCount', 'count must be the same on every page.')
    return content.position
  }

  #decrypt(cursor: string, scope: CursorScope): CursorContent | null {
    const [, id, text] = cursor.length > longest ? [] : (written.exec(cursor) ?? [])
    if (id === undefined || text === undefined) return null
    const key = this.#derive(Buffer.from(id, 'base64url').toString('utf8'))
    const sealed = Buffer.from(text, 'base64url')
    if (key === null || sealed.length < ivBytes + tagBytes) return null
    try {
      const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, ivBytes), {
        authTagLength: tagBytes,
      })
      decipher.setAAD(bind(scope)).setAuthTag(sealed.subarray(-tagBytes))
      const plain = Buffer.concat([decipher.update(sealed.subarray(ivBytes, -tagBytes)), decipher.final()])
      return JSON.parse(plain.toString('utf8')) as CursorContent
    } catch {
      return null
    }
  }

  #derive(id: string): Buffer | null {
    const known = this.#derived.get(id)
    if (known !== undefined) return known
    const master = this.#keys.key(id)
    // Ids that are not in the ring are not remembered: a stranger could name any number of them.
    if (master === null) return null
    const key = Buffer.from(hkdfSync('sha256', master, '', 'muster/v1/scim-cursor', 32))
    this.#derived.set(id, key)
    return key
  }
}

interface CursorContent {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly count: number
  readonly position: unknown
}

const algorithm = 'aes-256-gcm'
const ivBytes = 12
const tagBytes = 16
/** A sort value of 8 KiB fits. */
const longest = 14 * 1024
const written = /^([A-Za-z0-9_-]{1,128})\.([A-Za-z0-9_-]+)$/

function bind({ source, tokenId, resource, query }: CursorScope): Buffer {
  return Buffer.from(JSON.stringify([source, tokenId, resource, query]))
}
