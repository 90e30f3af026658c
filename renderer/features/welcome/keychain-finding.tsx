import { Banner } from '#renderer/ui/banner/banner.tsx';
import type { KeychainProbe } from '#shared/model/keychain.ts';

const titles: Readonly<Record<KeychainProbe['state'], string>> = {
  durable: 'It keeps what it is given',
  volatile: 'It forgets everything when the machine restarts',
  locked: 'It is locked',
  absent: 'There is none',
  denied: 'It refused access',
};

/** What the probe found, in words, with what to do about it. */
export function KeychainFinding({ probe }: { probe: KeychainProbe }) {
  return (
    <Banner
      tone={probe.state === 'durable' ? 'success' : 'warning'}
      role="status"
      title={`${probe.store}: ${titles[probe.state].toLowerCase()}.`}
    >
      <p>{probe.message}</p>
      {probe.remedy && <p>{probe.remedy}</p>}
    </Banner>
  );
}
