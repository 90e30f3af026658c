import type { TaskName } from '#shared/model/schedule.ts';

/** What tasks are called, and what they are for. */
export const taskWords: Readonly<Record<TaskName, { title: string; what: string }>> = {
  'health-check': {
    title: 'Health check',
    what: 'Do the log, the keychain, every environment and its service answer?',
  },
  'rotation-check': { title: 'Rotation check', what: 'Which keys are due, and which comes next?' },
  'execute-rotations': {
    title: 'Automatic rotation',
    what: 'Rotates what is due and switched on, inside the windows of its environment.',
  },
  'compliance-report': { title: 'Compliance report', what: 'The signed report on the last seven days.' },
};
