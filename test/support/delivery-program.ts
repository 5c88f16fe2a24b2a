/** Makes one attempt in a process of its own, which can be killed: `delivery-program.ts DATABASE TWILIO DELIVERY`. */
import { attemptDelivery } from '../../application/deliveries/attempt-delivery.ts'
import { openDatabase } from '../../store/database.ts'
import { openTestDeliveries } from './delivery-world.ts'
import { twilioAccount, twilioToken } from './twilio-server.ts'

const [databaseUrl = '', twilioUrl = '', deliveryId = ''] = process.argv.slice(2)
const channel = {
  type: 'twilio',
  account: twilioAccount,
  token: twilioToken,
  from: '+4915100000000',
  url: twilioUrl,
}
const { world } = await openTestDeliveries(openDatabase({ url: databaseUrl, poolSize: 2 }), {
  sms: [channel],
})
await attemptDelivery(world, deliveryId)
