import type { Adoption, RotationState } from '#shared/model/rotation.ts';

/** States of the rotation machine, as said beside a key. */
export const rotationStateWords: Readonly<Record<RotationState, string>> = {
  planned: 'Planned',
  preflighted: 'Checked beforehand',
  pending: 'New value sealed',
  staged: 'New value accepted, not yet in use',
  activated: 'New value is primary',
  adopted: 'New value in use',
  're-encrypted': 'Data re-encrypted',
  soaking: 'Soaking',
  retired: 'Old value retired',
  archived: 'Old value archived',
  closed: 'Closed',
  'rolling-back': 'Rolling back',
  'rolled-back': 'Rolled back',
  abandoned: 'Abandoned, nothing changed',
  blocked: 'Blocked',
};

export const adoptionWords: Readonly<Record<Adoption, string>> = {
  proven: 'Adoption proven',
  attested: 'Adoption attested by a person',
  unproven: 'Adoption not proven',
};
