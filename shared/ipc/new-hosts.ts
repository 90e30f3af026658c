import { z } from 'zod';
import { SshConnector, SshCredential } from '../model/environment.ts';
import { TypedSecret } from './typed-secret.ts';

/** Hosts that are to be added. `compared`: the fingerprint that a person compared, for each; null where none was asked. */
export const NewHosts = z
  .object({
    hosts: SshConnector.shape.hosts,
    identity: z.string().min(1).max(4096).nullable(),
    sudo: z.boolean(),
    compared: z.array(z.string().max(100).nullable()).max(500),
    credentials: z.array(z.object({ kind: SshCredential, value: TypedSecret }).strict()).max(3),
  })
  .strict();
