/** A small valid runbook as text, for tests that break one thing of it. */
export const smallRunbook = `id: small
title: Small
summary: A runbook for tests.
owner: Security
version: '1.0'
next_review: 2027-01-01
mode: planned
keys: choose
phases:
  - { id: one, title: One }
steps:
  - id: ask
    title: Ask
    kind: decision
    phase: one
    why: A decision is needed.
    instructions: Choose.
    branches:
      - { id: yes-please, label: Go, goto: act }
      - { id: no-thanks, label: Leave, goto: end }
  - id: act
    title: Act
    kind: automatic
    phase: one
    why: Something is done.
    instructions: Does {{key}} in {{environment}}.
    action: rotation.plan
  - id: finish
    title: Finish
    kind: info
    phase: one
    why: It is over.
    instructions: Done.
`;
