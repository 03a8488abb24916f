// The front page and the lock before the console.

// Codes are typed as they are read aloud, with spaces and dashes.
const code = document.getElementById("code");
code?.form.addEventListener("submit", () => {
  code.value = code.value.replace(/[\s-]/g, "").toUpperCase();
});

const form = document.getElementById("unlock");
if (form) {
  const field = form.elements.key;
  const problem = document.getElementById("key-problem");

  const complain = (text) => {
    problem.textContent = text;
    problem.hidden = false;
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", problem.id);
    field.focus();
  };

  const unlock = async (key) => {
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        headers: { "Content-Type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ key }),
      });
      if (answer.ok) {
        // The key leaves the address bar: what is on a projector is read by all.
        history.replaceState(null, "", location.pathname);
        location.reload();
      } else if (answer.status >= 500 || answer.status === 429) {
        complain("The server is busy. Try again in a moment.");
      } else {
        history.replaceState(null, "", location.pathname);
        complain("This key does not open this event. Check that the whole host link was copied.");
      }
    } catch {
      complain("The server could not be reached. Check the network and try again.");
    }
  };

  // Pasting the whole host link is fine too.
  const keyIn = (text) => text.trim().replace(/^.*#/, "");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    unlock(keyIn(field.value));
  });
  const fromAddress = keyIn(location.hash);
  if (fromAddress) unlock(fromAddress);
  addEventListener("hashchange", () => location.hash.length > 1 && unlock(keyIn(location.hash)));
}
