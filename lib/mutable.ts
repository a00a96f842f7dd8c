/** An object in the making: what is `readonly` in `T` can be set. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };
