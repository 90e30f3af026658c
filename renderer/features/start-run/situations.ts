/** What can have happened, in the words of whoever was woken, and the runbook for it. */
export const situations = [
  {
    runbook: 'emergency',
    label: 'A key leaked, or may have leaked',
    hint: 'Replaces the keys you name. The old value stops working at once.',
  },
  {
    runbook: 'breach',
    label: 'Someone was on the host, or several keys are exposed',
    hint: 'Contains the breach and replaces every key of the environment in one run.',
  },
  {
    runbook: 'recovery',
    label: 'A service broke after a key changed',
    hint: 'Decides with you whether to roll back or forward, and proves that the service works.',
  },
  {
    runbook: 'troubleshooting',
    label: 'Something fails, and it is not clear what',
    hint: 'Walks from the symptom to a fix that was verified, or to whom to call.',
  },
] as const;
