/** How the bytes of an attribute become text. */
export type AttributeKind = 'text' | 'guid' | 'sid' | 'octets'

/** Binary attributes, by lower-case name. Bytes that look like text by chance must not be taken for it. */
const binary: Readonly<Record<string, AttributeKind>> = {
  objectguid: 'guid',
  'ms-ds-consistencyguid': 'guid',
  msexchmailboxguid: 'guid',
  objectsid: 'sid',
  securityidentifier: 'sid',
  guid: 'octets',
  jpegphoto: 'octets',
  thumbnailphoto: 'octets',
  usercertificate: 'octets',
  usersmimecertificate: 'octets',
}

export function findKind(attribute: string): AttributeKind {
  return binary[attribute.toLowerCase()] ?? 'text'
}

/** The text of a binary value; null where it has a wrong length. */
export function formatBinary(bytes: Buffer, kind: Exclude<AttributeKind, 'text'>): string | null {
  switch (kind) {
    case 'guid':
      return bytes.length === 16 ? formatGuid(bytes) : null
    case 'sid':
      return formatSid(bytes)
    case 'octets':
      return bytes.toString('base64')
  }
}

/** Microsoft's order: the first three groups are little-endian ([MS-DTYP] 2.3.4). */
function formatGuid(bytes: Buffer): string {
  const swapped = Buffer.from(bytes)
  swapped.subarray(0, 4).reverse()
  swapped.subarray(4, 6).reverse()
  swapped.subarray(6, 8).reverse()
  const hex = swapped.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** `S-1-5-21-…`; the last number is the relative id ([MS-DTYP] 2.4.2.2). */
function formatSid(bytes: Buffer): string | null {
  const count = bytes[1] ?? 0
  if (bytes.length < 8 || bytes.length !== 8 + count * 4) return null
  const parts = [bytes[0] ?? 0, bytes.readUIntBE(2, 6)]
  for (let index = 0; index < count; index++) parts.push(bytes.readUInt32LE(8 + index * 4))
  return `S-${parts.join('-')}`
}
