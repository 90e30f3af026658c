import { app, Menu, type MenuItemConstructorOptions } from 'electron';

/** An entry of the renderer's command registry that the menu offers too. */
export interface MenuCommand {
  id: string;
  label: string;
  menu: 'file' | 'go' | 'help';
  accelerator?: string;
}

/**
 * The application menu. Commands come from the one registry that also feeds the shortcuts and the palette; choosing
 * one calls `run` with its id.
 */
export function setMenu(commands: readonly MenuCommand[], run: (id: string) => void): void {
  const items = (menu: MenuCommand['menu']): MenuItemConstructorOptions[] =>
    commands
      .filter((command) => command.menu === menu)
      .map((command) => ({
        id: command.id,
        label: command.label,
        ...(command.accelerator === undefined ? {} : { accelerator: command.accelerator }),
        click: () => run(command.id),
      }));
  const section = (label: string, menu: MenuCommand['menu']): MenuItemConstructorOptions[] => {
    const submenu = items(menu);
    return submenu.length === 0 ? [] : [{ label, submenu }];
  };
  const isMac = process.platform === 'darwin';
  const fileItems = items('file');
  const template: MenuItemConstructorOptions[] = [
    ...(isMac ? [{ role: 'appMenu' } as const] : []),
    {
      label: '&File',
      submenu: [
        ...fileItems,
        ...(fileItems.length > 0 ? [{ type: 'separator' } as const] : []),
        { role: isMac ? 'close' : 'quit' },
      ],
    },
    { role: 'editMenu' },
    ...section('&Go', 'go'),
    {
      label: '&View',
      submenu: [
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'resetZoom' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
        ...(app.isPackaged ? [] : [{ role: 'toggleDevTools' } as const]),
      ],
    },
    { role: 'windowMenu' },
    ...section('&Help', 'help'),
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
