import { openLog, step } from './log-fixture.ts';

// A process that appends COUNT events to the log in FOLDER, without a pause, each naming its writer and number.
const [folder = '', writer = '', count = '0'] = process.argv.slice(2);
const log = openLog(folder);
for (let index = 0; index < Number(count); index += 1) log.append(step('written', { writer, index }));
log.close();
