/** The phone's page begins here: stores are opened, the views are told, the service worker is asked for. */
import { t } from '../i18n.js';
import { App } from './app.js';
import { empty } from './dom.js';
import { Me } from './me.js';
import { MyGrid } from './mygrid.js';
import { OutboxView } from './outboxview.js';
import { Report } from './report.js';
import { Task } from './task.js';
import { Today } from './today.js';

const main = document.getElementById('main');
const given = JSON.parse(main.dataset.field);

async function begin() {
  const app = new App(given);
  try {
    await app.open();
  } catch {
    main.replaceChildren(empty('triangle', t('这个浏览器不让存记录'), t('退出无痕模式，或在设置里允许本站存储，再打开。没有它，断网时的上报会丢。'), 'over'));
    return;
  }
  await app.catalogue.load();
  if (!location.hash && given.view) location.replace(`#${given.view}`);
  app.start({ today: new Today(app), report: new Report(app), task: new Task(app), grid: new MyGrid(app), outbox: new OutboxView(app), me: new Me(app) });
  document.documentElement.dataset.fieldReady = '';
}

begin();
if ('serviceWorker' in navigator) navigator.serviceWorker.register('/field/sw.js', { scope: '/' }).catch(() => {});
