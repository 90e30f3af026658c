/**
 * Copies text through a selection, since the window grants itself no clipboard permission. Returns whether the
 * browser did it. Never used for secrets.
 */
export function copyText(text: string): boolean {
  const active = document.activeElement;
  const area = document.createElement('textarea');
  area.value = text;
  area.readOnly = true;
  area.setAttribute('aria-hidden', 'true');
  area.className = 'visually-hidden';
  // Inside an open dialog: its focus trap would take the focus back from anywhere else.
  (active?.closest('[data-modal]') ?? document.body).append(area);
  area.select();
  let copied = false;
  try {
    copied = document.execCommand('copy');
  } catch {
    copied = false;
  }
  area.remove();
  if (active instanceof HTMLElement) active.focus({ preventScroll: true });
  return copied;
}
