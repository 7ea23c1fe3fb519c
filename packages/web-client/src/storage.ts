import { ScreenError } from "./screen-error.ts";

/** The stores of this browser's database. */
export type StoreName = "identity" | "pinned-hosts";

const DATABASE = "wavry";
const STORES: readonly StoreName[] = ["identity", "pinned-hosts"];

/** Runs `work` in one transaction and resolves with what its last request gave. Rejects with ScreenError "identity-failed". */
export async function inStore<T>(
  store: StoreName,
  mode: "readonly" | "readwrite",
  work: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  try {
    const database = await openDatabase();
    try {
      return await new Promise<T>((resolve, reject) => {
        const transaction = database.transaction(store, mode);
        const request = work(transaction.objectStore(store));
        transaction.oncomplete = () => resolve(request.result);
        transaction.onabort = () => reject(transaction.error);
      });
    } finally {
      database.close();
    }
  } catch (cause) {
    throw new ScreenError(
      "identity-failed",
      "this browser does not let the page keep data; leave private browsing or allow site data",
      { cause },
    );
  }
}

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => {
      for (const store of STORES) opening.result.createObjectStore(store);
    };
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}
