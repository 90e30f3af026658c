import { describe, expect, it } from 'vitest';
import { broadcastNames, channels } from '#shared/ipc/channels.ts';
import { broadcasts, contract } from '#shared/ipc/contract.ts';

describe('the IPC contract', () => {
  it('is named completely for the preload script', () => {
    expect([...channels].sort()).toEqual(Object.keys(contract).sort());
    expect([...broadcastNames].sort()).toEqual(Object.keys(broadcasts).sort());
  });

  it('has no channel whose answer has room for a stored secret', () => {
    // Passphrases, credentials and supplied values go in. Nothing of that kind has a place in what comes out.
    const outgoing = JSON.stringify(
      Object.values(contract).map((channel) =>
        Object.keys('shape' in channel.out ? (channel.out.shape as object) : {}),
      ),
    );
    expect(outgoing).not.toMatch(/passphrase|"value"|password|supplied"/i);
  });
});
