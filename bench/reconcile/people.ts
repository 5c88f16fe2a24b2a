import { closeSync, openSync, writeSync } from 'node:fs'

/** The suffix of the directory, and where its people are. */
export const suffix = 'dc=bench,dc=example'
export const base = `ou=people,${suffix}`

/** What is read of everybody, by ldapsearch and by Muster alike. */
export const attributes = [
  'entryUUID',
  'uid',
  'displayName',
  'givenName',
  'sn',
  'title',
  'employeeType',
  'employeeNumber',
  'departmentNumber',
  'preferredLanguage',
  'mail',
  'mobile',
  'telephoneNumber',
  'roomNumber',
  'l',
  'o',
  'c',
  'manager',
  'initials',
] as const

const peopleInChunk = 1000
const departments = ['Field Service', 'Sales', 'Finance', 'IT Operations', 'Logistics', 'Research']

/** Writes a directory of so many people as LDIF; each has a mailbox and a mobile that can be used. */
export function writeLdif(file: string, people: number): void {
  const target = openSync(file, 'w')
  writeSync(
    target,
    `dn: ${suffix}\nobjectClass: dcObject\nobjectClass: organization\no: Bench\ndc: bench\n\ndn: ${base}\nobjectClass: organizationalUnit\nou: people\n\n`,
  )
  for (let start = 0; start < people; start += peopleInChunk) {
    const count = Math.min(peopleInChunk, people - start)
    writeSync(target, Array.from({ length: count }, (_, n) => describePerson(start + n)).join(''))
  }
  closeSync(target)
}

/** Changes to every hundredth person, another hundredth each round: a title and, for every other, the mobile. */
export function describeChanges(people: number, round: number): string {
  let text = ''
  for (let n = round % 100; n < people; n += 100) {
    text += `dn: uid=user${n},${base}\nchangetype: modify\nreplace: title\ntitle: Title of round ${round}\n`
    if (n % 200 < 100) text += `-\nreplace: mobile\nmobile: ${mobileOf(n, round + 1)}\n`
    text += '\n'
  }
  return text
}

function mobileOf(n: number, round: number): string {
  return `+49 15${(round % 9) + 1} ${String(20_000_000 + n)}`
}

function describePerson(n: number): string {
  const number = String(n).padStart(7, '0')
  return `dn: uid=user${n},${base}
objectClass: inetOrgPerson
objectClass: extensibleObject
uid: user${n}
cn: Given${n % 977} Family${n % 7919}
displayName: Given${n % 977} Family${n % 7919}
givenName: Given${n % 977}
sn: Family${n % 7919}
initials: G${n % 26}F
title: Title ${n % 41}
employeeType: ${n % 9 === 0 ? 'contractor' : 'employee'}
employeeNumber: E${number}
departmentNumber: ${departments[n % departments.length]}
preferredLanguage: ${n % 3 === 0 ? 'fr' : 'de'}
mail: user${n}@example.com
mobile: ${mobileOf(n, 0)}
telephoneNumber: +49 30 ${String(1_000_000 + n)}
roomNumber: ${n % 400}
l: Berlin
o: Bench
c: DE
manager: uid=user${n % 100},${base}

`
}
