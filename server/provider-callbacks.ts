import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { describeProblem, sendProblem } from './problem.ts'

/** A report as the provider posted it. */
export interface ProviderReport {
  readonly deliveryId: string
  readonly params: Readonly<Record<string, string>>
  readonly signature: string | undefined
}

/** Takes reports of providers. Each answers whether the report was theirs; null: nobody reports. */
export interface ProviderCallbacks {
  readonly twilio: ((report: ProviderReport) => Promise<boolean>) | null
}

/**
 * `/callbacks/twilio/DELIVERY`: what Twilio says of a message. No token: the signature is what counts. A report that
 * is taken, old or new, is answered alike.
 */
export function mountProviderCallbacks(app: FastifyInstance, { twilio }: ProviderCallbacks): void {
  if (twilio === null) return
  void app.register((scope, _options, registered) => {
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: 16 * 1024 },
      (_, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
    )
    scope.post('/callbacks/twilio/:delivery', async (request, reply) => {
      const params = report.safeParse(request.body)
      const target = place.safeParse(request.params)
      const signature = request.headers['x-twilio-signature']
      const isTaken =
        params.success &&
        target.success &&
        (await twilio({
          deliveryId: target.data.delivery,
          params: params.data,
          signature: typeof signature === 'string' ? signature : undefined,
        }))
      if (isTaken) return reply.code(204).send()
      return sendProblem(
        reply,
        describeProblem('forbidden', 403, 'This report is not signed by the provider.'),
      )
    })
    registered()
  })
}

const report = z.record(z.string(), z.string())
const place = z.object({ delivery: z.uuid() })
