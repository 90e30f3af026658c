import { GuidedFixture } from './guided-fixture.ts';

/** A process of its own that carries out one act; the environment's restart command kills it with SIGKILL. */
const [folder = '', runId = '', stepId = ''] = process.argv.slice(2);
const fixture = new GuidedFixture({ folder });
await fixture.services.guided.act(runId, stepId, { act: 'run-action' });
process.stdout.write('survived\n');
