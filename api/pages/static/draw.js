// Appended to Leaflet, and loaded when a map is about to be seen. A map is drawn from the document that its element
// has or names, without tiles; what it shows is said in words beside it, so where it cannot be drawn nothing is lost.
// The document is the same in every language: what is said of a shape in the language of the page, its element has.
const plain = (text) => document.createTextNode(text);

function lines(feature) {
  const { kind, number } = feature.properties;
  const isPoint = feature.geometry.type === "Point";
  const name = kind === "area" ? number : kind;
  return { className: `map__line map__line--${name}${isPoint ? " map__dot" : ""}`, fillOpacity: 0.1, weight: 2 };
}

function said({ kind, label, match }, words) {
  return match === "on-boundary" ? `${label} (${words.onBoundary})` : (words[kind] ?? label);
}

function layers(shapes, words) {
  return L.geoJSON(shapes, {
    style: lines,
    pointToLayer: (feature, place) => L.circleMarker(place, { radius: 7 }),
    onEachFeature: (feature, layer) => {
      const label = document.createElement("span");
      label.append(plain(said(feature.properties, words)));
      layer.bindTooltip(label, { sticky: true });
    },
  });
}

function draw(element, shapes) {
  const coarse = matchMedia("(pointer: coarse)").matches; // one finger moves the page, two move the map
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.closest(".where").classList.add("where--drawn");
  element.hidden = false;
  const map = L.map(element, {
    maxZoom: 16,
    zoomSnap: 0.25, // without tiles any scale will do, so what is looked at fills the map
    scrollWheelZoom: false,
    zoomControl: false,
    dragging: !coarse,
    inertia: !calm,
    fadeAnimation: !calm,
    zoomAnimation: !calm,
  });
  map.attributionControl.setPrefix('<a href="https://leafletjs.com">Leaflet</a>');
  L.control.zoom({ zoomInTitle: element.dataset.zoomIn, zoomOutTitle: element.dataset.zoomOut }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  const [west, south, east, north] = shapes.view;
  map.fitBounds([[south, west], [north, east]], { animate: false, padding: [12, 12] });
  layers(shapes, element.dataset).addTo(map);
}

async function shapesOf(element) {
  if (element.dataset.document) {
    return JSON.parse(element.dataset.document);
  }
  const answer = await fetch(element.dataset.source);
  if (!answer.ok) {
    throw new Error(`status ${answer.status}`);
  }
  return answer.json();
}

export async function show(element) {
  try {
    draw(element, await shapesOf(element));
  } catch (error) {
    element.replaceChildren(plain(element.dataset.missing.replace("{why}", error.message)));
    element.classList.add("map--missing");
    element.hidden = false;
  }
}
