/** Landscape sheets, width and height in millimetres, smallest first. */
const sheets = [
  { name: "A4", width: 297, height: 210 },
  { name: "A3", width: 420, height: 297 },
  { name: "A2", width: 594, height: 420 },
  { name: "A1", width: 841, height: 594 },
  { name: "A0", width: 1189, height: 841 },
] as const;

const margin = 8;
/** The smallest printed size of a pixel, in millimetres: letters of 11 pixels are then 6 points high. */
const smallest = 0.19;
/** The largest: as on a screen. */
const largest = 25.4 / 96;

/** The printed size of a picture that fills one page. */
export interface Page {
  /** For CSS's `@page`: `A3 landscape`. */
  readonly name: string;
  /** In millimetres, for SVG: `404mm`. */
  readonly width: string;
  readonly height: string;
}

/** Finds the smallest sheet on which a picture of this size in pixels is readable, else the largest sheet. */
export function fitOnPage(width: number, height: number): Page {
  const fits = sheets.map((sheet) => ({ name: sheet.name, scale: Math.min(scaleOn(sheet, width, height), largest) }));
  const { name, scale } = fits.find((fit) => fit.scale >= smallest) ?? fits[fits.length - 1] ?? { name: "", scale: 1 };
  const millimetres = (pixels: number) => `${Math.floor(pixels * scale * 10) / 10}mm`;
  return { name: `${name} landscape`, width: millimetres(width), height: millimetres(height) };
}

/** The printed size of a pixel, in millimetres, when a picture of this size fills A3; used to choose an arrangement. */
export function legibility(width: number, height: number): number {
  return scaleOn(sheets[1], width, height);
}

function scaleOn(sheet: { readonly width: number; readonly height: number }, width: number, height: number): number {
  return Math.min((sheet.width - 2 * margin) / width, (sheet.height - 2 * margin) / height);
}
