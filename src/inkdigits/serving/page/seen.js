// An answer about one digit, shown: which it is and why, how probable each of the ten is.

const percent = new Intl.NumberFormat("en", { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** A view of answers inside `host`. */
export class Seen {
  constructor(host) {
    host.append(document.getElementById("seen").content.cloneNode(true));
    this.parts = Object.fromEntries([...host.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
    this.bars = Array.from({ length: 10 }, (_, digit) => this.#bar(digit));
  }

  #bar(digit) {
    const row = document.createElement("li");
    row.innerHTML = `<b>${digit}</b><span class="bar" aria-hidden="true"></span><span class="share">–</span>`;
    this.parts.bars.append(row);
    return row;
  }

  show(answer) {
    const shares = new Map(answer.candidates);
    this.parts.digit.textContent = answer.text;
    this.bars.forEach((row, digit) => {
      const share = shares.get(digit) ?? 0;
      row.style.setProperty("--share", share);
      row.lastChild.textContent = percent.format(share);
      row.toggleAttribute("data-best", digit === answer.digit);
    });
  }
}
