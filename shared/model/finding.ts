import { z } from 'zod';

export const Severity = z.enum(['error', 'warning', 'info']);
export type Severity = z.infer<typeof Severity>;

/** Something that is wrong or worth knowing about a value, a file or an environment. Never holds the value. */
export const Finding = z.object({
  code: z.string(),
  severity: Severity,
  message: z.string(),
  remedy: z.string().optional(),
  key: z.string().optional(),
  /** Of a fleet: the host that it was found on. */
  host: z.string().optional(),
  line: z.number().int().positive().optional(),
});
export type Finding = z.infer<typeof Finding>;
