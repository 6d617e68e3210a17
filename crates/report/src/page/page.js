
// Zoom, search and what the pointer is on. All it shows it reads from the tables; it changes no figure and asks nothing of anyone.
(() => {
  'use strict';
  const MATCHES_MAX = 300;
  const all = (query, within = document) => [...within.querySelectorAll(query)];
  const make = (name, text, parent) => {
    const element = document.createElement(name);
    element.textContent = text;
    parent?.append(element);
    return element;
  };
  const cellOf = new Map(all('.c[data-r]').map(cell => [cell.dataset.r, cell]));
  const rowOf = cell => cell.dataset.r && document.getElementById('r' + cell.dataset.r);
  // Cells too small for a label at first get theirs.
  for (const [number, cell] of cellOf) {
    if (!cell.firstChild) make('b', document.getElementById('r' + number).querySelector('code, td:nth-last-child(2)').textContent.split('::').pop(), cell);
  }
  const around = cell => cell.parentElement.closest('.c, .map');
  const isGroup = cell => cell.classList.contains('g');

  // What a cell is, in words: the figures and the name of its row.
  const tell = cell => {
    const row = rowOf(cell);
    if (!row) return cell.textContent.trim();
    if (row.tagName === 'DETAILS') return all(':scope > summary > *', row).map(e => e.textContent).join(' · ');
    const titles = all('th', row.closest('table')).map(e => e.textContent);
    const texts = [...row.cells].map(e => e.textContent.trim());
    const figures = texts.slice(1, -2).map((text, i) => text.endsWith('%') ? text : text && titles[i + 1] + ' ' + text);
    return [...texts.slice(-2, -1), texts[0] + ' B', ...figures, ...texts.slice(-1)].filter(text => text).join(' · ');
  };

  const open = row => {
    for (let e = row; e; e = e.parentElement) if (e.tagName === 'DETAILS') e.open = true;
    all('.found').forEach(e => e.classList.remove('found'));
    row.classList.add('found');
    cellOf.get(row.id.slice(1))?.classList.add('found');
  };

  const zooms = new Map();
  for (const map of all('.map')) {
    const crumbs = make('div', '', null);
    crumbs.className = 'crumbs';
    map.before(crumbs);
    const told = make('p', '', null);
    told.className = 'told';
    map.after(told);
    map.removeAttribute('aria-hidden');
    map.setAttribute('role', 'group');
    map.setAttribute('aria-label', 'Treemap of ' + map.dataset.name);

    // The cells on the way fill the map, the others go; nothing is measured.
    const zoom = (to, focus) => {
      for (const cell of all('.on', map)) {
        cell.classList.remove('on', 'here');
        cell.style.inset = cell.dataset.at;
      }
      for (const cell of all('[tabindex]', map)) cell.removeAttribute('tabindex');
      const way = [];
      for (let cell = to; cell !== map; cell = around(cell)) way.unshift(cell);
      for (const cell of way) {
        cell.dataset.at ??= cell.style.inset;
        cell.classList.add('on');
        cell.style.inset = '0';
      }
      map.classList.toggle('zoomed', to !== map);
      if (to !== map) to.classList.add('here');
      for (const cell of all(':scope > .in > .c', to)) {
        cell.tabIndex = 0;
        cell.setAttribute('role', 'button');
        cell.setAttribute('aria-label', tell(cell));
      }
      crumbs.replaceChildren();
      if (to === map) make('span', 'Click or press Enter to zoom in, Escape to zoom out.', crumbs).className = 'quiet';
      for (const cell of to === map ? [] : [map, ...way]) {
        const name = cell === map ? map.dataset.name : cell.firstChild.firstChild.textContent.trim();
        const crumb = make('button', name, crumbs);
        crumb.type = 'button';
        crumb.onclick = () => zoom(cell, true);
        if (cell === to) crumb.setAttribute('aria-current', 'location');
      }
      if (to !== map) told.textContent = tell(to);
      if (focus) map.querySelector('[tabindex]')?.focus({ preventScroll: true });
      map.here = to;
    };
    zooms.set(map, zoom);
    zoom(map);

    // One level at a time; on a row, its line in the table is marked.
    const enter = (cell, focus) => {
      while (cell && around(cell) !== map.here) cell = cell === map ? null : around(cell);
      if (!cell) return;
      if (isGroup(cell)) return zoom(cell, focus);
      told.textContent = tell(cell);
      const row = rowOf(cell);
      if (row) open(row);
    };
    map.onclick = event => enter(event.target.closest('.c'), false);
    map.onkeydown = event => {
      if (event.key === 'Enter' || event.key === ' ') {
        event.preventDefault();
        enter(event.target.closest('.c'), true);
      }
    };
    map.onmouseover = event => {
      const cell = event.target.closest('.c');
      if (cell) told.textContent = tell(cell);
    };
    map.addEventListener('focusin', map.onmouseover);
    const up = event => {
      if (event.key !== 'Escape' || map.here === map) return;
      event.preventDefault();
      zoom(around(map.here), true);
    };
    map.addEventListener('keydown', up);
    crumbs.addEventListener('keydown', up);
  }

  const box = document.querySelector('.search');
  const [input, status, list] = ['input', 'p', 'ol'].map(name => box.querySelector(name));
  const rows = all('tr[id]').map(row => {
    const figure = row.cells[0].textContent;
    return { row, figure, size: Number(figure.replace(/[^0-9]/g, '')), sign: figure.startsWith('−') ? -1 : 1, text: row.textContent.toLowerCase() };
  });
  const grouped = n => String(Math.abs(n)).replace(/\B(?=(\d{3})+$)/g, ',');
  const isDelta = document.querySelector('.up, .down') !== null;
  const signed = n => (n < 0 ? '−' : isDelta && n > 0 ? '+' : '') + grouped(n);
  box.hidden = false;

  const show = row => {
    open(row);
    const cell = cellOf.get(row.id.slice(1));
    const map = cell?.closest('.map');
    if (!map) return row.scrollIntoView({ block: 'center' });
    zooms.get(map)(around(cell));
    map.parentElement.querySelector('.told').textContent = tell(cell);
    map.scrollIntoView({ block: 'center' });
  };
  const search = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(word => word);
    all('.hit').forEach(cell => cell.classList.remove('hit'));
    for (const map of zooms.keys()) map.classList.toggle('searching', words.length > 0);
    list.replaceChildren();
    status.textContent = '';
    if (!words.length) return;
    const found = rows.filter(r => words.every(word => r.text.includes(word))).sort((a, b) => b.size - a.size);
    const sums = new Map();
    for (const r of found) {
      cellOf.get(r.row.id.slice(1))?.classList.add('hit');
      const region = r.row.closest('section').querySelector('h2').textContent;
      sums.set(region, (sums.get(region) ?? 0) + r.sign * r.size);
    }
    const parts = [...sums].map(([region, sum]) => region + ' ' + signed(sum) + ' B');
    const cut = found.length > MATCHES_MAX ? '; the ' + MATCHES_MAX + ' largest are listed' : '';
    status.textContent = grouped(found.length) + ' of ' + grouped(rows.length) + ' rows' + (parts.length ? ': ' + parts.join(', ') : '') + cut;
    for (const r of found.slice(0, MATCHES_MAX)) {
      const item = make('li', '', list);
      make('span', r.figure + ' B', item);
      const button = make('button', r.row.cells[r.row.cells.length - 2].textContent, item);
      button.type = 'button';
      button.onclick = () => show(r.row);
    }
  };
  let timer;
  input.oninput = () => {
    clearTimeout(timer);
    timer = setTimeout(search, 120);
  };
  input.onkeydown = event => {
    if (event.key === 'Escape') {
      input.value = '';
      search();
    }
  };

  // A print has the whole tables.
  let folded = [];
  addEventListener('beforeprint', () => {
    folded = all('details:not([open])');
    folded.forEach(e => { e.open = true; });
  });
  addEventListener('afterprint', () => folded.forEach(e => { e.open = false; }));
})();
