export const STATUS_STYLE = ``;
