/** A factor is one way to sign in with a one-time code. Each has its own rights, enrollments and challenges. */
export const factors = ['otp-email', 'otp-sms'] as const
export type Factor = (typeof factors)[number]
