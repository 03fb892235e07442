/** Sheets in landscape, width and height in millimetres, smallest first. */
const sheets = [
  { name: "A4", width: 297, height: 210 },
  { name: "A3", width: 420, height: 297 },
  { name: "A2", width: 594, height: 420 },
  { name: "A1", width: 841, height: 594 },
  { name: "A0", width: 1189, height: 841 },
] as const;

const margin = 8;
/** A pixel of the picture is not printed smaller than this, in millimetres: its letters of 11 pixels are of 6 points. */
const smallest = 0.19;
/** Nor larger than on a screen. */
const largest = 25.4 / 96;

/** How large a picture (in pixels) is when it fills one page. */
export interface Page {
  /** As CSS's `@page` takes it: `A3 landscape`. */
  readonly name: string;
  /** In millimetres, as SVG takes it: `404mm`. */
  readonly width: string;
  readonly height: string;
}

/** Finds the smallest sheet on which the picture can be read, or the largest there is. */
export function fitOnPage(width: number, height: number): Page {
  const fits = sheets.map((sheet) => ({ name: sheet.name, scale: Math.min(scaleOn(sheet, width, height), largest) }));
  const { name, scale } = fits.find((fit) => fit.scale >= smallest) ?? fits[fits.length - 1] ?? { name: "", scale: 1 };
  const millimetres = (pixels: number) => `${Math.floor(pixels * scale * 10) / 10}mm`;
  return { name: `${name} landscape`, width: millimetres(width), height: millimetres(height) };
}

/** How large a picture of this size is printed, in millimetres a pixel, on A3: what an arrangement is chosen by. */
export function legibility(width: number, height: number): number {
  return scaleOn(sheets[1], width, height);
}

function scaleOn(sheet: { readonly width: number; readonly height: number }, width: number, height: number): number {
  return Math.min((sheet.width - 2 * margin) / width, (sheet.height - 2 * margin) / height);
}
