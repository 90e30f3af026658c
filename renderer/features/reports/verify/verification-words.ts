import type { Tone } from '#renderer/ui/badge/tone.ts';
import type { BundleVerification, VerificationCheckId } from '#shared/model/verification.ts';

/** What each check looks at, in a few words. */
export const checkTitles: Readonly<Record<VerificationCheckId, string>> = {
  files: 'The files',
  sums: 'Their hashes',
  signature: 'Signature of the hashes',
  report: 'Data of the report',
  tables: 'Tables and schema',
  checkpoint: 'Signed state of the log',
  events: 'Events against that state',
  proofs: 'Proofs of the sample',
  consistency: 'Growth since the last report',
  'other-logs': 'Logs of other installations',
  binding: 'Keys belong together',
  certificate: 'Certificate',
  pdf: 'The PDF and its signature',
  rollovers: 'Replaced signing keys',
  signer: 'The signer',
  'append-only': 'Your checkpoint',
};

export interface Level {
  title: string;
  word: string;
  tone: Tone;
  meaning: string;
}

/** The three levels, each for itself: none stands for another. */
export function levelsOf({ intact, signer, append_only }: BundleVerification): Level[] {
  return [
    intact
      ? {
          title: 'Content',
          word: 'Intact',
          tone: 'success',
          meaning: 'The bytes are those that were signed, and the events give the signed state of the log.',
        }
      : {
          title: 'Content',
          word: 'Not intact',
          tone: 'danger',
          meaning: 'Something does not hold. Do not rely on this report; ask for it again.',
        },
    {
      known: {
        title: 'Signer',
        word: 'Known signer',
        tone: 'success' as const,
        meaning: 'The signer is the one that you named, or one that is enrolled here.',
      },
      unknown: {
        title: 'Signer',
        word: 'Signer unknown',
        tone: 'warning' as const,
        meaning: 'Anybody could have signed this. Ask the issuer for the fingerprint, and give it above.',
      },
      wrong: {
        title: 'Signer',
        word: 'Wrong signer',
        tone: 'danger' as const,
        meaning: 'Another key signed this than the one that you named.',
      },
    }[signer],
    append_only === null
      ? {
          title: 'Since a checkpoint',
          word: 'Not asked',
          tone: 'neutral',
          meaning: 'No earlier checkpoint was given, so nothing is said about what came before.',
        }
      : append_only
        ? {
            title: 'Since a checkpoint',
            word: 'Only grew',
            tone: 'success',
            meaning: 'Everything up to your checkpoint is still in the log, unchanged.',
          }
        : {
            title: 'Since a checkpoint',
            word: 'Does not follow',
            tone: 'danger',
            meaning: 'It cannot be shown that this log continues the one of your checkpoint.',
          },
  ];
}
