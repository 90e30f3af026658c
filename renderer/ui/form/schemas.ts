import './zod-without-eval.ts';

export { zodResolver } from '@hookform/resolvers/zod';
export { z } from 'zod';
export { parseCommandLine } from '#shared/logic/command-line.ts';
export { ChannelChoice } from '#shared/model/alert-channel.ts';
export { DurationText } from '#shared/model/duration.ts';
export {
  CommandKind,
  EnvironmentName,
  HealthConfig,
  Parser,
  Stage,
} from '#shared/model/environment.ts';
export { KeyFormat, KeyName, KeyRuleOverride, Protects, Slots } from '#shared/model/key.ts';
export { Contact, Operator } from '#shared/model/settings.ts';
