import { GuidedFixture } from './guided-fixture.ts';

/** A process of its own that types the name at a commit step; it may be killed meanwhile (test/crash/kill-points.mjs). */
const [folder = '', runId = '', stepId = '', name = ''] = process.argv.slice(2);
const fixture = new GuidedFixture({ folder });
await fixture.services.guided.act(runId, stepId, { act: 'commit', name });
await fixture.services.close();
