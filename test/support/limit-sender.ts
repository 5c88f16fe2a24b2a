import { defaultLimits } from '../../domain/limit-settings.ts'
import { openDatabase } from '../../store/database.ts'
import { LimitWorld } from './limit-world.ts'

/** A process that asks for `COUNT` messages to one number, eight at a time: `limit-sender.ts URL COUNT`. Prints how many it got. */
const [url = '', count = '0'] = process.argv.slice(2)
const database = openDatabase({ url, poolSize: 8, applicationName: 'muster-test' })
const world = new LimitWorld(database, defaultLimits, { addressKey: Buffer.alloc(32, 7) })
const answers = await Promise.all(Array.from({ length: Number(count) }, () => world.send()))
await database.destroy()
process.stdout.write(String(answers.filter(({ ok }) => ok).length))
