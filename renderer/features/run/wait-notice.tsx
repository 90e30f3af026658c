import { waitsForWords } from '#renderer/features/status/run-state-mark.tsx';
import { hashOf } from '#renderer/state/route.ts';
import { Banner } from '#renderer/ui/banner/banner.tsx';
import { LocalTime } from '#renderer/ui/time/time.tsx';
import { useNow } from '#renderer/ui/time/use-now.ts';
import { durationInWords } from '#shared/logic/duration-in-words.ts';
import type { RunDetail, RunStepDetail } from '#shared/model/run-detail.ts';

/** What the run waits for, and when to come back. */
export function WaitNotice({ detail, step }: { detail: RunDetail; step: RunStepDetail }) {
  const now = useNow(10_000);
  const { waits_for: waitsFor, resume_after: resumeAfter, state } = detail.run;
  if (resumeAfter !== null && (state === 'soaking' || step.state === 'waiting')) {
    const left = new Date(resumeAfter).getTime() - now;
    return left > 0 ? (
      <Banner tone="info" title="It waits; you may close Rekey meanwhile.">
        <p>
          Come back on <LocalTime at={resumeAfter} />, in {durationInWords(left)}. The next start offers to
          finish.
        </p>
      </Banner>
    ) : (
      <Banner tone="success" title="The time is over." role="status">
        <p>It can be finished now.</p>
      </Banner>
    );
  }
  if (step.decisions.length > 0) {
    return (
      <Banner tone="danger" title="Blocked: a person must decide how it goes on." role="status">
        <p>
          What is there is not what this run left, or a command was ended half-way. Nothing more is changed or
          destroyed until then. Put right what you can, find out again what is in place, and then decide.
        </p>
      </Banner>
    );
  }
  if (waitsFor === null || waitsFor === 'operator' || waitsFor === 'soak') return null;
  return (
    <Banner tone="warning" title={`${waitsForWords(waitsFor)}.`} role="status">
      {waitsFor === 'unlock' && (
        <p>
          Another operator holds the environment.{' '}
          <a href={hashOf({ screen: 'environment', id: detail.environment.id, tab: 'connection' })}>
            See who, and release the lock
          </a>{' '}
          if it was left behind.
        </p>
      )}
    </Banner>
  );
}
