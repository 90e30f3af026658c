import { z } from 'zod';

/** What a person types passes inbound once, is never echoed, and is wrapped in main at once. */
export const TypedSecret = z.string().min(1).max(8192);
