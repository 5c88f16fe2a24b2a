import { z } from 'zod'
import {
  activity,
  attributeMapping,
  correlate,
  countryRule,
  filePath,
  inactiveTest,
  schedule,
  sourceName,
} from '../mapping-schema.ts'

/** `type: csv`: people of a file with a header row (RFC 4180). */
export const csvConfig = z.strictObject({
  type: z.literal('csv'),
  file: filePath.describe('The file; relative to the configuration file.'),
  delimiter: z.string().length(1).default(',').describe('The character between two columns.'),
  encoding: z
    .enum(['utf-8', 'utf-16le', 'windows-1252', 'iso-8859-15'])
    .default('utf-8')
    .describe('How the file writes characters. A byte order mark is skipped.'),
  externalId: sourceName.describe('The column that never changes and is never reused.'),
  attributes: attributeMapping,
  inactive: z
    .array(inactiveTest)
    .default([])
    .describe('When a person is inactive: any of the tests is enough.'),
  country: countryRule.prefault({}),
  correlate,
  activity,
  schedule: schedule.prefault({}),
  allowEmpty: z.boolean().default(false).describe('Whether a file without any row can be right.'),
})

export type CsvConfig = z.infer<typeof csvConfig>
