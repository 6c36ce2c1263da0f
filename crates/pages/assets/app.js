// 进度账本：少量渐进增强。没有脚本时所有页面仍可阅读、可提交。
(() => {
  'use strict';
  const root = document.documentElement;
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const say = (text) => { const live = one('#live'); if (live) { live.textContent = text; } };
  const remembered = { get: (name) => { try { return localStorage.getItem(name); } catch { return null; } },
    set: (name, value) => { try { localStorage.setItem(name, value); } catch { /* 本机不许记，就不记 */ } } };

  const theme = remembered.get('theme');
  if (theme === 'light' || theme === 'dark') { root.dataset.theme = theme; }

  // 没有脚本就没有用的按钮，这时才显示。
  all('button[data-do][hidden], [data-enhanced][hidden]').forEach((own) => { own.hidden = false; });

  const actions = {
    theme() {
      const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
      root.dataset.theme = dark ? 'light' : 'dark';
      remembered.set('theme', root.dataset.theme);
    },
    nav(button) {
      const open = document.body.classList.toggle('nav-open');
      button.setAttribute('aria-expanded', String(open));
      if (open) { one('.side a').focus(); }
    },
    'nav-close'() { document.body.classList.remove('nav-open'); one('.burger').focus(); },
    copy(button) {
      if (!navigator.clipboard) { say('浏览器不允许复制，请手工选中。'); return; }
      navigator.clipboard.writeText(button.dataset.text).then(() => { say('已复制'); button.textContent = '已复制'; });
    },
    print() { window.print(); },
    unit(button) {
      all('[data-do=unit]').forEach((own) => own.setAttribute('aria-pressed', String(own === button)));
      all('.heat a[data-c]').forEach((own) => { own.textContent = own.dataset[button.dataset.k]; });
      say(`已换成${button.textContent}`);
    },
  };

  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-do]');
    const action = button && actions[button.dataset.do];
    if (!action) { return; }
    event.preventDefault();
    action(button);
  });

  // 表格筛选：只隐藏行，不改内容。
  all('input[data-filter]').forEach((input) => {
    const rows = all(`${input.dataset.filter} tbody tr`);
    input.addEventListener('input', () => {
      const wanted = input.value.trim().toLowerCase();
      let shown = 0;
      rows.forEach((row) => { row.hidden = !row.textContent.toLowerCase().includes(wanted); shown += row.hidden ? 0 : 1; });
      say(`显示 ${shown} 行，共 ${rows.length} 行`);
    });
  });

  // 填报的草稿只记在这台机器上；提交成功的页面没有表单，草稿留到下次打开时由已报的数盖住。
  const draft = one('form[data-draft]');
  if (draft) {
    const name = `draft ${draft.dataset.draft}`;
    const fields = () => all('input[type=text], textarea', draft);
    const kept = JSON.parse(remembered.get(name) ?? '[]');
    const key = (field) => `${field.name} ${field.getAttribute('aria-label') ?? ''}`;
    fields().forEach((field) => { const own = kept.find(([of]) => of === key(field)); if (own && field.value === '') { field.value = own[1]; } });
    draft.addEventListener('input', () => remembered.set(name, JSON.stringify(fields().filter((field) => field.value !== '').map((field) => [key(field), field.value]))));
    draft.addEventListener('keydown', (event) => {
      if (event.target.name !== 'value' || !['ArrowUp', 'ArrowDown', 'Enter'].includes(event.key)) { return; }
      const values = all('input[type=text][name=value]', draft);
      const next = values[values.indexOf(event.target) + (event.key === 'ArrowUp' ? -1 : 1)];
      event.preventDefault();
      if (next) { next.focus(); next.select(); }
    });
  }

  const step = (cell, key) => {
    const across = { ArrowLeft: -1, ArrowRight: 1 }[key] ?? 0;
    const down = { ArrowUp: 'previousElementSibling', ArrowDown: 'nextElementSibling' }[key];
    let row = cell.parentNode;
    let index = cell.cellIndex;
    for (;;) {
      if (down) { row = row[down]; } else { index += across; }
      const next = row?.cells[index];
      if (!next) { return null; }
      const link = one('a', next);
      if (link) { return link; }
    }
  };

  document.addEventListener('keydown', (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (event.key === '/' && !typing) { event.preventDefault(); one('#q').focus(); }
    if (event.key === 'Escape') { document.body.classList.remove('nav-open'); }
    const cell = event.target.closest?.('.heat td.k');
    if (cell && event.key.startsWith('Arrow')) {
      const link = step(cell, event.key);
      if (link) { event.preventDefault(); link.focus(); }
    }
  });
})();
