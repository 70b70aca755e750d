// Appended to govuk-frontend's module: a text field for the key of a record becomes a combobox, which suggests records
// whose name or key begins like what is typed (WAI-ARIA Authoring Practices, list autocomplete with manual selection).
// What is typed stays as it is until an option is chosen, so the field takes what it takes without scripts.
const PAUSE = 150; // milliseconds without a key, before records are asked for

function made(tag, attributes) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  return element;
}

class Combobox {
  constructor(input) {
    this.input = input;
    this.label = input.labels[0].textContent.trim();
    this.found = [];
    this.active = -1;
    this.asked = 0;
    this.list = made("ul", { class: "completing__list", role: "listbox", id: `${input.id}-options`, hidden: "" });
    this.list.setAttribute("aria-label", this.label);
    this.named = made("p", { class: "govuk-body-s completing__name", role: "status" });
    this.heard = made("p", { class: "govuk-visually-hidden", role: "status" });
    const box = made("div", { class: "completing" });
    input.replaceWith(box);
    box.append(input, this.list, this.named, this.heard);
    for (const [name, value] of [
      ["role", "combobox"],
      ["aria-autocomplete", "list"],
      ["aria-expanded", "false"],
      ["aria-controls", this.list.id],
    ]) {
      input.setAttribute(name, value);
    }
    input.addEventListener("input", () => this.wait());
    input.addEventListener("keydown", (event) => this.press(event));
    input.addEventListener("blur", () => this.close());
    this.list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
    this.list.addEventListener("click", (event) => this.choose([...this.list.children].indexOf(event.target.closest("li"))));
  }

  wait() {
    this.named.textContent = "";
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.ask(), PAUSE);
  }

  async ask() {
    const asked = ++this.asked;
    const words = this.input.value.trim();
    const found = words ? await this.look(words) : [];
    if (asked === this.asked && document.activeElement === this.input) {
      this.show(found);
    }
  }

  async look(words) {
    try {
      const answer = await fetch(`${this.input.dataset.completes}?q=${encodeURIComponent(words)}`);
      return answer.ok ? (await answer.json()).suggestions : [];
    } catch {
      return []; // the field is as good as without suggestions
    }
  }

  show(found) {
    this.found = found;
    this.list.replaceChildren(
      ...found.map(({ key, name }, number) => {
        const option = made("li", { role: "option", id: `${this.list.id}-${number}`, "aria-selected": "false" });
        option.append(name && name !== key ? `${name} (${key})` : key);
        return option;
      }),
    );
    this.name(found.find(({ key }) => key === this.input.value.trim()));
    const { suggested, nothing } = this.input.dataset; // in the language of the page
    this.heard.textContent = found.length ? suggested.replace("{count}", found.length) : nothing;
    this.open(found.length > 0);
  }

  open(isOpen) {
    this.list.hidden = !isOpen;
    this.input.setAttribute("aria-expanded", String(isOpen));
    this.activate(-1);
  }

  close() {
    clearTimeout(this.waiting);
    this.asked += 1;
    this.open(false);
  }

  activate(number) {
    this.active = number;
    [...this.list.children].forEach((option, place) => option.setAttribute("aria-selected", String(place === number)));
    const option = this.list.children[number];
    if (option) {
      this.input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      this.input.removeAttribute("aria-activedescendant");
    }
  }

  press(event) {
    const count = this.list.hidden ? 0 : this.found.length;
    if (event.key === "Tab") {
      this.close(); // before the focus moves: a list that scrolls would take it
    }
    if (event.key === "ArrowDown" && !count) {
      this.ask();
    } else if (event.key === "ArrowDown") {
      this.activate((this.active + 1) % count);
    } else if (event.key === "ArrowUp" && count) {
      this.activate((this.active <= 0 ? count : this.active) - 1);
    } else if (event.key === "Enter" && count && this.active >= 0) {
      this.choose(this.active);
    } else if (event.key === "Escape" && count) {
      this.close();
    } else {
      return;
    }
    event.preventDefault();
  }

  choose(number) {
    const chosen = this.found[number];
    if (chosen) {
      this.input.value = chosen.key;
      this.close();
      this.name(chosen);
    }
  }

  name(record) {
    this.named.textContent = record?.name && record.name !== record.key ? record.name : "";
  }
}

function completing() {
  for (const input of document.querySelectorAll("input[data-completes]")) {
    new Combobox(input);
  }
}
