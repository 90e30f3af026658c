import { durationInWords } from '#shared/logic/duration-in-words.ts';
import { localDate, localDateTime, localDateTimeSeconds, relativeTime, utcTime } from './format-time.ts';
import { useNow } from './use-now.ts';

function explained(at: string): string {
  return `${localDateTimeSeconds(at)} local\n${utcTime(at)}`;
}

/** `3 days ago`; local time and UTC on hover. */
export function RelativeTime({ at }: { at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={explained(at)}>
      {relativeTime(at, now)}
    </time>
  );
}

/** Date and time on this machine; UTC on hover. */
export function LocalTime({ at, seconds = false }: { at: string; seconds?: boolean }) {
  return (
    <time dateTime={at} title={utcTime(at)}>
      {seconds ? localDateTimeSeconds(at) : localDateTime(at)}
    </time>
  );
}

/** The date on this machine; time and UTC on hover. */
export function LocalDate({ at }: { at: string }) {
  return (
    <time dateTime={at} title={explained(at)}>
      {localDate(at)}
    </time>
  );
}

/** A length of time in words. */
export function Duration({ milliseconds }: { milliseconds: number }) {
  return <>{durationInWords(milliseconds)}</>;
}
