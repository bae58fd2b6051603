// Answers open when every video was watched to its end once; keys play, answer and go on.
"use strict";
const form = document.querySelector("form.answers");
if (form) {
  const videos = [...document.querySelectorAll("video")];
  const radios = [...form.querySelectorAll("input[type=radio]")];
  const button = form.querySelector("button");
  const hint = form.querySelector(".hint");
  const begun = performance.now();
  const ended = new Set();
  const open = () => {
    const ready = ended.size === videos.length;
    radios.forEach((radio) => { radio.disabled = !ready; });
    button.disabled = !ready || !form.checkValidity();
    hint.textContent = ready ? "" : videos.length > 1 ?
      "Watch both videos to the end, then answer." : "Watch the video to the end, then answer.";
  };
  videos.forEach((video) => {
    video.addEventListener("play", () => {
      videos.forEach((other) => { if (other !== video) other.pause(); });
    });
    const done = () => { ended.add(video); open(); };
    video.addEventListener("ended", done);
    video.addEventListener("error", done); // a video that does not play must not lock the page
  });
  form.addEventListener("change", open);
  form.addEventListener("submit", () => {
    form.elements.watched.value = ((performance.now() - begun) / 1000).toFixed(1);
    button.disabled = true;
  });
  const toggle = (video) => {
    if (!video) return;
    if (video.paused) { video.play(); } else { video.pause(); }
  };
  const answer = (number) => {
    const sets = [...form.querySelectorAll("fieldset")];
    const next = sets.find((set) => !set.querySelector("input:checked")) || sets[sets.length - 1];
    const choice = next.querySelectorAll("input")[number - 1];
    if (choice && !choice.disabled) { choice.checked = true; choice.focus(); open(); }
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const key = event.key.toLowerCase();
    if (key === "a") toggle(videos[0]);
    else if (key === "b") toggle(videos[1]);
    else if (/^[1-5]$/.test(key)) answer(Number(key));
    else if (key === "enter" && event.target.tagName !== "BUTTON" && !button.disabled) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  open();
}
