import { spawn } from "node:child_process";
import { once } from "node:events";
import { startTestDisplay } from "@wavry/x11/testing";
import { ScreenSource, monotonicMicros } from "@wavry/media";
import { readScreenUpdate } from "@wavry/rift-core";
const [w,h,mode,secs]=process.argv.slice(2);
const srv=await startTestDisplay({width:+w!,height:+h!});
const t0=performance.now();
const s=await ScreenSource.start({screen:{kind:"x11",display:srv.display},maxFps:60,bitrateBps:20_000_000});
console.log("start ms",(performance.now()-t0).toFixed(0));
const ups:any[]=[]; s.onUpdate=(u,k)=>{const now=monotonicMicros(); const r=readScreenUpdate(u); ups.push({codec:r.codec,k,n:u.length,cap:r.captureMicros,conv:r.convertMicros,enc:r.encodeMicros,tot:now-r.capturedAt,at:now,rects:r.rects.length});};
s.resume();
await new Promise(r=>setTimeout(r,300));
const q=(a:number[],p:number)=>{a=[...a].sort((x,y)=>x-y); return a[Math.min(a.length-1,Math.floor(a.length*p))]??0;};
if(mode!=='idle'){
const d=spawn(process.execPath,[new URL("drawer.ts",import.meta.url).pathname,srv.display,w!,h!,mode!,secs!],{stdio:"inherit"});
await new Promise(r=>setTimeout(r,800)); ups.length=0; const st=monotonicMicros(); const cpu=process.cpuUsage();
await new Promise(r=>setTimeout(r,+secs!*1000-500)); const el=(monotonicMicros()-st)/1e6; const c=process.cpuUsage(cpu);
for(const codec of [1,2]){ const u=ups.filter(x=>x.codec===codec); if(!u.length)continue; for(const f of ["cap","conv","enc","tot"]) console.log(codec===1?"h264":"patch",f,"p50",q(u.map(x=>x[f]),.5),"p95",q(u.map(x=>x[f]),.95)); console.log("count",u.length,"per s",(u.length/el).toFixed(1),"bytes p50",q(u.map(x=>x.n),.5)); }
console.log("cpu % of core",((c.user+c.system)/1e4/el).toFixed(1));
}
const after=monotonicMicros(); const n0=ups.length;
await new Promise(r=>setTimeout(r,4000));
const ref=ups.slice(n0); console.log("refinement: h264",ref.filter(x=>x.codec===1).map(x=>x.n).join(","),"patches",ref.filter(x=>x.codec===2).map(x=>x.n).slice(0,20).join(","),ref.filter(x=>x.codec===2).length,"bytes",ref.reduce((a,x)=>a+x.n,0),"ended after ms",ref.length?((ref.at(-1).at-after)/1000).toFixed(0):0);
const cpu2=process.cpuUsage(); await new Promise(r=>setTimeout(r,3000)); const c2=process.cpuUsage(cpu2); console.log("idle cpu %",((c2.user+c2.system)/1e4/3).toFixed(2),"updates",ups.length-n0-ref.length);
await s.stop(); await srv[Symbol.asyncDispose]();
