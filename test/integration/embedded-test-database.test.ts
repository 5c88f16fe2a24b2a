import { Client } from 'pg'
import { expect, test } from 'vitest'
import { pendingMigrations } from '../../store/database.ts'
import { createTestDatabase } from '../support/database.ts'

test('a test database has the newest schema and is gone after closing', async () => {
  const { database, url, close } = await createTestDatabase()
  expect(await pendingMigrations(database)).toEqual([])
  await close()
  await expect(new Client({ connectionString: url }).connect()).rejects.toThrow('does not exist')
})

test('a connection that a test leaves open fails its closing', async () => {
  const { url, close } = await createTestDatabase()
  const left = new Client({ connectionString: url, application_name: 'left-open' })
  left.on('error', () => undefined)
  await left.connect()
  await expect(close()).rejects.toThrow('left-open')
})
