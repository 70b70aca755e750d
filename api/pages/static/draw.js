// Appended to Leaflet: the map of a record's page. It is drawn from the document that its element names, without
// tiles; what it shows is said in words beside it, so where it cannot be drawn nothing is lost.
const element = document.getElementById("map");
const plain = (text) => document.createTextNode(text);

function lines(feature) {
  const { kind, number } = feature.properties;
  return { className: `map__line map__line--${kind === "area" ? number : kind}`, fillOpacity: 0.1, weight: 2 };
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

function draw(shapes) {
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

if (element) {
  fetch(element.dataset.source)
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(`status ${answer.status}`))))
    .then(draw)
    .catch((error) => {
      element.replaceChildren(plain(`The map could not be drawn (${error.message}).`));
      element.classList.add("map--missing");
      element.hidden = false;
    });
}
