/** Modules that Vite makes of other files. */
declare module "*?raw" {
  const text: string;
  export default text;
}
declare module "*.css";
