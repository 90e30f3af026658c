import { z } from 'zod';

// zod would try to compile its parsers with `new Function`, which the content security policy forbids. Must run
// before any schema is made: whoever needs schemas imports them from schemas.ts, which imports this first.
z.config({ jitless: true });
