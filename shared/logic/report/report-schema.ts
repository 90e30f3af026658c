import { z } from 'zod';
import { Report } from '../../model/report.ts';

/** report.schema.json: JSON Schema (2020-12) of report.json, generated from the model, for people and other tools. */
export function reportSchemaText(): string {
  const schema = z.toJSONSchema(Report, { target: 'draft-2020-12' });
  const title = 'Rekey key rotation report, version 1';
  return `${JSON.stringify({ title, ...schema }, null, 2)}\n`;
}
