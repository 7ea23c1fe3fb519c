import { PatchEncoder, PatchDecoder, patchMaxBytes } from "@wavry/media-core";
const W=1920,H=1080; const px=new Uint32Array(W*H); const img={width:W,height:H,stridePixels:W,pixels:px}; const dst={...img,pixels:new Uint32Array(W*H)};
const e=new PatchEncoder(), d=new PatchDecoder();
function bench(name:string,rect:any){ const out=new Uint8Array(patchMaxBytes(rect.width*rect.height)); let end=0; for(let i=0;i<30;i++){end=e.encode(img,rect,out,0); d.decode(out,0,dst,rect);} const te=[],td=[]; for(let i=0;i<30;i++){let t=performance.now(); end=e.encode(img,rect,out,0); te.push(performance.now()-t); t=performance.now(); d.decode(out,0,dst,rect); td.push(performance.now()-t);} te.sort((a,b)=>a-b);td.sort((a,b)=>a-b); const n=rect.width*rect.height; console.log(name,n,'px bytes',end,'enc ms',te[15]!.toFixed(3),(n/te[15]!/1e3).toFixed(0)+' Mpx/s','dec',td[15]!.toFixed(3)); }
px.fill(0xff336699); bench('solid 256x256',{x:100,y:100,width:256,height:256}); bench('solid 64x64',{x:100,y:100,width:64,height:64}); bench('solid 720p',{x:0,y:0,width:1280,height:720}); bench('solid 1080p',{x:0,y:0,width:W,height:H});
// text-like
for(let i=0;i<px.length;i++){ const x=i%W,y=(i/W)|0; const gx=x%8,gy=y%16; const on= gy>3&&gy<13&& ((Math.imul((x>>3)*131+(y>>4)*977+gx*31+gy*17,0x9e3779b1)>>>24)<70); px[i]= on?(0x202020+ (gx*0x101010)):0xffffff; }
bench('text 256x256',{x:100,y:100,width:256,height:256}); bench('text 1080p',{x:0,y:0,width:W,height:H});
for(let i=0;i<px.length;i++) {const x=i%W,y=(i/W)|0; const v=(128+60*Math.sin(x/23+Math.sin(y/17))+(Math.random()*6))|0; px[i]=v<<16|(v+3)<<8|(v>>1);} bench('photo 256x256',{x:100,y:100,width:256,height:256});
