// Every visible text whose contrast with its ground is below 4.5 to 1 (WCAG 2.2, 1.4.3): [ratio, class, text].
() => {
    const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const rgba = (colour) => {
        pen.clearRect(0, 0, 1, 1);
        pen.fillStyle = colour;
        pen.fillRect(0, 0, 1, 1);
        return [...pen.getImageData(0, 0, 1, 1).data];
    };
    const light = ([r, g, b]) => {
        const line = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
        return 0.2126 * line(r) + 0.7152 * line(g) + 0.0722 * line(b);
    };
    const ground = (element) => {
        for (let each = element; each; each = each.parentElement) {
            const colour = rgba(getComputedStyle(each).backgroundColor);
            if (colour[3] > 250) return colour;
        }
        return rgba(getComputedStyle(document.body).backgroundColor);
    };
    const texts = [...document.querySelectorAll("body *")].filter((each) =>
        each.checkVisibility() && !each.closest(".unseen, .sprite")
        && [...each.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()));
    return texts.map((each) => {
        const [a, b] = [light(rgba(getComputedStyle(each).color)), light(ground(each))];
        return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), each.className, each.textContent.trim().slice(0, 30)];
    }).filter(([ratio]) => ratio < 4.5);
}
