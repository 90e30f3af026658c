import { z } from 'zod';

// A command ends before it has read enough to earn back what compiling a parser for each schema costs. Must run before
// any schema is used: main.ts imports it first.
z.config({ jitless: true });
