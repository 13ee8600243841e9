/** The redraw page: the list of plans, or the editor of the one in the address. */
import { Editor } from './editor.js';
import { PlanList } from './list.js';

const root = document.querySelector('[data-redraw]');
const given = JSON.parse(root.querySelector('[data-given]').textContent);
if (given.plan) new Editor(root.querySelector('[data-body]'), given.plan);
else new PlanList(root.querySelector('[data-body]'), { mayDraw: given.may_draw, places: given.places });
