/** The last small picture of a machine's screen that this browser saw. */
export interface Preview {
  /** Wavry ID. */
  readonly hostId: string;
  /** Milliseconds since 1970. */
  readonly takenAt: number;
  readonly picture: Blob;
}

const DATABASE = "wavry-previews";
const PICTURES = "pictures";
/** Has the one account that pictures are kept for. */
const OWNER = "owner";

/** One after another: what a person who signed out left may not come after. */
let last: Promise<unknown> = Promise.resolve();

/** From now on pictures are kept for this account; what another one left is deleted. Never rejects. */
export function claimPreviews(accountId: string): Promise<void> {
  return inOrder(async (db) => {
    const transaction = db.transaction([PICTURES, OWNER], "readwrite");
    const owners = transaction.objectStore(OWNER);
    const [owner] = await resultOf(owners.getAllKeys());
    if (owner !== accountId) {
      transaction.objectStore(PICTURES).clear();
      owners.clear();
      owners.put(true, accountId);
    }
    await done(transaction);
  });
}

/** Keeps a picture in the place of the one before, unless this browser has signed out of the account by now. Never rejects. */
export function keepPreview(accountId: string, preview: Preview): Promise<void> {
  return inOrder(async (db) => {
    const transaction = db.transaction([PICTURES, OWNER], "readwrite");
    const owner = await resultOf(transaction.objectStore(OWNER).get(accountId));
    if (owner !== undefined) transaction.objectStore(PICTURES).put(preview);
    await done(transaction);
  });
}

/** All that are kept; none where the browser keeps nothing. */
export async function readPreviews(): Promise<readonly Preview[]> {
  const previews = await inOrder((db) =>
    resultOf<Preview[]>(db.transaction(PICTURES).objectStore(PICTURES).getAll()),
  );
  return previews ?? [];
}

/** Deletes those of the machines that are not named. Never rejects. */
export function keepOnlyPreviewsOf(hostIds: ReadonlySet<string>): Promise<void> {
  return deleteWhere((hostId) => !hostIds.has(hostId));
}

/** Deletes the one of a machine. Never rejects. */
export function dropPreview(hostId: string): Promise<void> {
  return deleteWhere((one) => one === hostId);
}

/** Deletes all; none is kept until an account is signed in. Never rejects. */
export function forgetPreviews(): Promise<void> {
  return inOrder(async (db) => {
    const transaction = db.transaction([PICTURES, OWNER], "readwrite");
    transaction.objectStore(PICTURES).clear();
    transaction.objectStore(OWNER).clear();
    await done(transaction);
  });
}

function deleteWhere(isMeant: (hostId: string) => boolean): Promise<void> {
  return inOrder(async (db) => {
    const transaction = db.transaction(PICTURES, "readwrite");
    const pictures = transaction.objectStore(PICTURES);
    for (const key of await resultOf(pictures.getAllKeys()))
      if (isMeant(String(key))) pictures.delete(key);
    await done(transaction);
  });
}

/** Undefined where it did not work: some browsers keep nothing in private windows. */
function inOrder<T>(act: (db: IDBDatabase) => Promise<T>): Promise<T | undefined> {
  const run = last.then(async () => {
    try {
      const db = await open();
      try {
        return await act(db);
      } finally {
        db.close();
      }
    } catch {
      return undefined;
    }
  });
  last = run;
  return run;
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(PICTURES, { keyPath: "hostId" });
    request.result.createObjectStore(OWNER);
  };
  return resultOf(request);
}

function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function done(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}
