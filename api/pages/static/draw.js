// Appended to Leaflet, and loaded when a map is about to be seen. A map is drawn from the document that its element
// has or names, without tiles; what it shows is said in words beside it, so where it cannot be drawn nothing is lost.
const plain = (text) => document.createTextNode(text);

function lines(feature) {
  const { kind, number } = feature.properties;
  const isPoint = feature.geometry.type === "Point";
  const name = kind === "area" ? number : kind;
  return { className: `map__line map__line--${name}${isPoint ? " map__dot" : ""}`, fillOpacity: 0.1, weight: 2 };
}

function layers(shapes) {
  return L.geoJSON(shapes, {
    style: lines,
    pointToLayer: (feature, place) => L.circleMarker(place, { radius: 7 }),
    onEachFeature: (feature, layer) => {
      const label = document.createElement("span");
      label.append(plain(feature.properties.label));
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
    dragging: !coarse,
    inertia: !calm,
    fadeAnimation: !calm,
    zoomAnimation: !calm,
  });
  map.attributionControl.setPrefix('<a href="https://leafletjs.com">Leaflet</a>');
  L.control.scale({ imperial: false }).addTo(map);
  const [west, south, east, north] = shapes.view;
  map.fitBounds([[south, west], [north, east]], { animate: false, padding: [12, 12] });
  layers(shapes).addTo(map);
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
    element.replaceChildren(plain(`The map could not be drawn (${error.message}).`));
    element.classList.add("map--missing");
    element.hidden = false;
  }
}
