import { z } from 'zod';

/** The output of a call that answers nothing. */
export const done = z.null();

/** Why a person does something that is recorded. */
export const Reason = z.string().trim().min(3, 'say why, in a few words').max(1000);

export const EnvironmentId = z.object({ environmentId: z.uuid() }).strict();
